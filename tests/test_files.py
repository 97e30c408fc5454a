"""What is said of a file that cannot be used."""

from errno import EIO, ENOENT

import pytest

from sequence._files import in_words


@pytest.mark.parametrize(
    ("error", "file", "said"),
    [
        (FileNotFoundError(ENOENT, "No such file", "a"), None, "a: No such file"),
        (FileNotFoundError(ENOENT, "No such file", "a/b"), "~/b", "~/b: No such file"),
        # What fails while it is read does not say of which file.
        (OSError(EIO, "Input/output error"), "a", "a: Input/output error"),
        (OSError(EIO, "Input/output error"), None, "Input/output error"),
        (OSError("larger than it may be"), "a", "larger than it may be"),
        (ValueError("no number"), "a", "no number"),
    ],
)
def test_the_file_and_the_reason_are_named_once(
    error: Exception, file: str | None, said: str
) -> None:
    assert in_words(error, file) == said
