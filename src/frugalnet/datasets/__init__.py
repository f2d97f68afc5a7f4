"""Datasets: the origin of their files, how real they are, and the fixed parts that every run gets.

`fetch` gets the files and gives each a level; `prepare` turns them into arrays and index files; a run calls `load`. Each dataset
has one file that says where the data come from, how they are read, and how the small stand-in is made. Measured runs import this
package, so it loads nothing heavier than NumPy.
"""

from frugalnet.datasets.prepared import Data, Part, load

__all__ = ["Data", "Part", "load"]
