//! Frames, evaluation loop, calls, exceptions, generators, import, threads.
