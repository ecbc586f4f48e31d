//! Native modules about text: codecs, regular expressions, unicodedata, json, csv, string.
