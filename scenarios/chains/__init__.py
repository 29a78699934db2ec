"""The chains that the scenarios drive: each as it breaks, and put right."""
