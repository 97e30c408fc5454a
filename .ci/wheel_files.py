"""Lists a wheel and an sdist, and fails when something is missing or does not belong there."""

import sys
import tarfile
import zipfile
from pathlib import Path

BANNED = ("__pycache__", ".pyc", ".DS_Store", "tests/", "examples/", "benches/", "target/")


def main(source: Path, dist: Path) -> int:
    """Checks the only wheel and the only sdist of a folder against the sources."""
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = sorted(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = sorted(name.partition("/")[2] for name in archive.getnames())
    package = source / "python"
    wanted = {
        path.relative_to(package).as_posix()
        for pattern in (
            "*.py",
            "*.pyi",
            "py.typed",
            "*.toml",
            "*.json",
            "*.tsv",
            "*.zst",
            "*.html",
            "*.js",
            "*.css",
        )
        for path in (package / "sequence").rglob(pattern)
    }
    problems = [f"missing in the wheel: {name}" for name in sorted(wanted - set(in_wheel))]
    problems += [f"does not belong in the wheel: {name}" for name in in_wheel if is_banned(name)]
    if not {"sequence/_core.pyi", "sequence/py.typed"} <= wanted:
        problems.append("the sources lack the stub or the typing marker")
    if not any(
        name.startswith("sequence/_core.") and name.endswith((".so", ".pyd")) for name in in_wheel
    ):
        problems.append("the wheel holds no compiled core")
    for name in ("Cargo.lock", "pyproject.toml", "rust/sequence-core/src/lib.rs"):
        if name not in in_sdist:
            problems.append(f"missing in the sdist: {name}")
    for archive_name, names in ((wheel, in_wheel), (sdist, in_sdist)):
        print(f"{archive_name.name}  {archive_name.stat().st_size:,} bytes, {len(names)} files")
    print("\n".join(f"  {name}" for name in in_wheel))
    print("\n".join(f"wheel: {problem}" for problem in problems), file=sys.stderr)
    return 1 if problems else 0


def is_banned(name: str) -> bool:
    """True for what tests, caches and builds leave behind."""
    return any(part in name for part in BANNED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
