//! Native modules about the operating system: io, posix, time, signal, select, fcntl.
