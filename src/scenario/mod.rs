//! A scenario file becomes checked data, or a list of complaints.
