"""Datasets: where their files come from, how real they are, and the fixed parts that every run gets.

`fetch` brings the files and gives each a level; `prepare` makes arrays and index files of them; `load` is what a run
calls. One file per dataset says where it comes from, how it is read, and how its small stand-in is made.
Importing this package loads NumPy and nothing heavier, because measured runs do it.
"""

from frugalnet.datasets.prepared import Data, Part, load

__all__ = ["Data", "Part", "load"]
