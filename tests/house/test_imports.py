"""Who may import whom: the boundaries that keep gevent out of the target and the chain out of everything else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = {
    "errors", "records", "settings", "run_directory", "run_naming", "redaction", "placeholders", "tracing",
    "children", "target_environment",
}  # fmt: skip
OURS = {"harness", "mock_provider", "scenarios", "reports"}
LANGCHAIN = {"langchain", "langchain_core", "langchain_openai", "langgraph"}


def imported_modules(path: Path) -> set[str]:
    """Every module a file imports, at whatever depth; `from a import b` counts as a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def violations(files: list[Path], *, banned: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in sorted(imported_modules(path))
        if any(name == ban or name.startswith(ban + ".") for ban in banned)
    ]


def python_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_core_imports_only_standard_library_and_msgspec() -> None:
    files = [ROOT / "harness" / f"{name}.py" for name in CORE if (ROOT / "harness" / f"{name}.py").exists()]
    assert len(files) >= 8
    heavy = {
        "locust",
        "gevent",
        "numpy",
        "pydantic",
        "rich",
        "typer",
        "httpx",
        "starlette",
        "uvicorn",
    } | LANGCHAIN
    ours = {
        "mock_provider",
        "reports",
        "scenarios",
        "harness.load",
        "harness.target",
        "harness.run",
        "harness.cli",
    }
    assert violations(files, banned=heavy | ours) == []


@pytest.mark.parametrize(
    ("package", "banned"),
    [
        ("harness/load", LANGCHAIN | {"harness.target", "reports", "mock_provider"}),
        ("harness/target", {"locust", "gevent", "reports", "harness.load", "mock_provider", "scenarios"}),
        ("mock_provider", OURS - {"mock_provider"}),
        ("scenarios/chains", {"harness", "mock_provider", "reports", "locust", "gevent"}),
        ("reports", {"harness.load", "harness.target", "harness.run", "harness.children", "scenarios", "locust"}
         | LANGCHAIN),
    ],
)  # fmt: skip
def test_package_stays_within_its_imports(package: str, banned: set[str]) -> None:
    files = python_files(package)
    assert files
    assert violations(files, banned=banned) == []


def test_scenarios_import_the_load_api_and_nothing_else_of_ours() -> None:
    files = sorted((ROOT / "scenarios").glob("*.py"))
    assert violations(files, banned={"harness.target", "mock_provider", "reports", "scenarios.chains"}) == []


def test_there_is_no_import_cycle() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in sorted(OURS)
        for path in python_files(package)
    }
    graph = {name: _loaded_at_import(path) & set(modules) - {name} for name, path in modules.items()}
    assert _find_cycle(graph) is None


def _loaded_at_import(path: Path) -> set[str]:
    """Modules loaded when the file is: imports inside functions and for type checkers do not count."""
    names: set[str] = set()
    pending: list[ast.AST] = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        pending += ast.iter_child_nodes(node)
    return names


def _find_cycle(graph: dict[str, set[str]]) -> list[str] | None:
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for other in sorted(graph[name]):
            cycle = visit(other, [*path, name])
            if cycle:
                return cycle
        done.add(name)
        return None

    return next((cycle for name in graph if (cycle := visit(name, []))), None)
