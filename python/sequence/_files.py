"""What is said of a file that cannot be used."""

from os import PathLike


def in_words(error: Exception, file: str | PathLike[str] | None = None) -> str:
    """What went wrong; of a file its name and why, without the number of the system.

    Args:
        error: What went wrong.
        file: The file that it went wrong with: what fails while it is read does not name it.
    """
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    name = error.filename if file is None else file
    return error.strerror if name is None else f"{name}: {error.strerror}"
