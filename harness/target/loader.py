"""Finds the object that the user named, by importing the user's code.

Runs in the target, before its event loop.  Every failure is a BadInputError whose words are for the user.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.target.frames import FrameReader, user_lines
from harness.target.kinds import kind_of


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a target's name led to."""

    value: Any
    name: str  # within its module
    root: Path  # file or package directory of the module: the user's code


def load_object(target: str) -> Found:
    """The object behind ``file.py:name`` or ``package.module:name``; the name may be left out when it is clear.

    The working directory must be on sys.path already.  Raises BadInputError.
    """
    location, _, name = target.partition(":")
    module = _import_file(location) if _looks_like_file(location) else _import_module(location)
    name = name or _only_candidate(module, location)
    return Found(value=_look_up(module, name, location), name=name, root=_root_of(module))


def _looks_like_file(location: str) -> bool:
    return location.endswith(".py") or "/" in location or Path(location).is_file()


def _import_module(name: str) -> ModuleType:
    if not name or not all(part.isidentifier() for part in name.split(".")):
        raise BadInputError(f"target is {name!r}; give path/to/file.py:name or package.module:name")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise BadInputError(_no_module(name)) from error
        raise BadInputError(_import_failure(name, error)) from error
    except (Exception, SystemExit) as error:  # whatever the user's module does when it is imported
        raise BadInputError(_import_failure(name, error)) from error


def _no_module(name: str) -> str:
    as_file = Path(*name.split(".")).with_suffix(".py")
    hint = f"; did you mean {as_file}:…?" if as_file.is_file() else ""
    return (
        f"there is no module {name!r} in {Path.cwd()} or among the installed packages{hint}\n"
        "give package.module:name, importable from the working directory, or path/to/file.py:name"
    )


def _import_file(location: str) -> ModuleType:
    path = Path(location)
    if not path.is_file():
        raise BadInputError(_no_file(path))
    path = path.resolve()
    top = path.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    if top != path.parent:  # inside a package: relative imports must work
        _make_importable(top)
        parts = path.relative_to(top).with_suffix("").parts
        return _import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    _make_importable(path.parent)
    return _execute_file(path, location)


def _no_file(path: Path) -> str:
    seen = "is a directory" if path.is_dir() else "does not exist"
    folder = path if path.is_dir() else path.parent
    names = sorted(file.name for file in folder.glob("*.py")) if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5) or names[:5]
    hint = f"; there: {', '.join(near)}" if near else ""
    return f"{path} {seen} (looked in {Path.cwd()}){hint}"


def _make_importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(1, str(folder))  # after the working directory, before everything installed


def _execute_file(path: Path, location: str) -> ModuleType:
    name = path.stem if _is_free(path) else f"chainload_target_{path.stem}"
    if not name.isidentifier():
        name = "chainload_target"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInputError(f"{location} is no Python file; give path/to/file.py:name or package.module:name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's file does when it is imported
        raise BadInputError(_import_failure(location, error)) from error
    return module


def _is_free(path: Path) -> bool:
    """Whether a module named like the file would be this file, so that its siblings can import it."""
    if path.stem in sys.modules:
        return False
    try:
        spec = importlib.util.find_spec(path.stem)
    except (ImportError, ValueError):
        return False
    return spec is None or (spec.origin is not None and Path(spec.origin) == path)


def _import_failure(location: str, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        place = f"  {error.filename}:{error.lineno}: {(error.text or '').strip()}"
        return f"{location} cannot be imported:\n{place}\n{type(error).__name__}: {error.msg}"
    lines = user_lines(_own_frames(error))
    return "\n".join([f"{location} cannot be imported:", *lines, f"{type(error).__name__}: {error}"])


def _own_frames(error: BaseException) -> list[Any]:
    return [frame for frame in FrameReader().of_error(error) if not frame.file.startswith("<frozen")]


def _only_candidate(module: ModuleType, location: str) -> str:
    names = _candidates(module)
    if len(names) == 1:
        return names[0]
    if not names:
        raise BadInputError(
            f"{location} defines no Runnable and no ASGI app; name a factory: {location}:function"
        )
    raise BadInputError(f"{location} defines {', '.join(names)}; say which: {location}:{names[0]}")


def _candidates(module: ModuleType) -> list[str]:
    """Public names bound to a Runnable or an ASGI app, one for each object."""
    seen: dict[int, str] = {}
    for name, value in vars(module).items():
        if not name.startswith("_") and kind_of(value) in ("runnable", "asgi"):
            seen.setdefault(id(value), name)
    return list(seen.values())


def _look_up(module: ModuleType, name: str, location: str) -> Any:
    value: Any = module
    for part in name.split("."):
        try:
            value = getattr(value, part)
        except AttributeError as error:
            raise BadInputError(_no_name(module, name, location)) from error
    return value


def _no_name(module: ModuleType, name: str, location: str) -> str:
    public = [known for known in vars(module) if not known.startswith("_")]
    near = difflib.get_close_matches(name, public, n=3, cutoff=0.6)
    candidates = _candidates(module)
    hints = [
        f"did you mean {' or '.join(near)}?" if near else "",
        f"targets it defines: {', '.join(candidates)}" if candidates else "",
    ]
    return "; ".join([f"{location} has no {name!r}", *filter(None, hints)])


def _root_of(module: ModuleType) -> Path:
    package = sys.modules.get(module.__name__.partition(".")[0], module)
    file = package.__file__ or module.__file__ or "."
    return Path(file).parent if Path(file).name == "__init__.py" else Path(module.__file__ or file)
