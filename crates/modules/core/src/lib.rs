//! Native modules of the language's core: itertools, functools, collections, operator, weakref, thread and the like.
