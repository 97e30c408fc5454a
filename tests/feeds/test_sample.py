"""The recording that ships with the package."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import zstandard

from sequence import feeds

ROOT = Path(__file__).resolve().parents[2]


def plain(packed: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)


def test_the_recording_of_the_package_is_what_its_tool_writes():
    spec = spec_from_file_location("sample_tool", ROOT / "python" / "tools" / "sample.py")
    assert spec is not None
    tool = module_from_spec(spec)
    sys.modules[spec.name] = tool
    spec.loader.exec_module(tool)  # type: ignore[union-attr]
    # The bytes of the packer may differ between its releases, its content may not.
    assert plain(tool.packed()) == plain(feeds.SAMPLE.read_bytes())
    assert feeds.read("sample").records == feeds.read(feeds.SAMPLE).records


def test_a_file_that_is_called_sample_is_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    feeds.write(feeds.read("sample").select(["kraken"], None), "sample", "tape")
    assert {row.venue for row in feeds.read("sample").instruments} == {"kraken"}
