//! Results become tables, charts and files; everything here is a function of the result document.
