"""Tables that a run leaves with its record: written, and read as they were."""

from dataclasses import replace

from frugalnet.record.rows import Epoch, read_csv, write_csv


def test_batch_sizes_are_written_where_they_grow_and_read_back(tmp_path):
    first, second = (Epoch(f"run/train/epoch{number}", number, 0.5, 0.8, 0.6, 0.7, None) for number in (1, 2))
    write_csv([first, second], tmp_path / "same.csv")
    write_csv([replace(first, batch_size=16), replace(second, batch_size=32)], tmp_path / "growing.csv")
    assert "batch_size" not in (tmp_path / "same.csv").read_text()
    assert read_csv(tmp_path / "same.csv", Epoch)["batch_size"] == [None, None]
    assert read_csv(tmp_path / "growing.csv", Epoch)["batch_size"] == [16, 32]
