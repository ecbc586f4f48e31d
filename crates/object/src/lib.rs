//! The object model: values, headers, shapes, types, reference counts and the cycle collector.
