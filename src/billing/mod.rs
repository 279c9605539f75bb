//! Usage becomes money: counted in whole units, priced once, after the provider's own rounding.
