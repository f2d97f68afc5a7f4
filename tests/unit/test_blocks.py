"""Blocks of the page as HTML."""

from frugalnet.page import blocks


def test_html_in_a_sentence_stays_text():
    html = blocks.bullets(["not known (<img src=x onerror=alert(1)>)", "**best**, p < 0.001, [which](#Claims)"])
    assert "<img" not in html and "&lt;img src=x" in html
    assert "<strong>best</strong>, p &lt; 0.001" in html and '<a href="#Claims">which</a>' in html
