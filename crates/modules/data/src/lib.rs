//! Native modules about data: struct, array, math, random, datetime, pickle, compression, hashing.
