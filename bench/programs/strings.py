"""Strings: splitting, joining, formatting, searching."""
import pyperf

TEXT = "the quick brown fox jumps over the lazy dog " * 50


def work():
    counts = {}
    for word in TEXT.split():
        counts[word] = counts.get(word, 0) + 1
    lines = [f"{word:>8}: {count:04d}" for word, count in sorted(counts.items())]
    text = ""
    for line in lines * 20:
        text += line.upper().strip() + "\n"
    return text.count("FOX"), text.find("ZZZ"), text.replace("DOG", "cat")


pyperf.Runner().bench_func("own_strings", work)
