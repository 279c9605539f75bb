//! Numbers that name things, each of its own type, so that a pool's can't be taken for a queue's.

/// Declares index types: small, `Copy`, made from and turned into `usize`.
macro_rules! ids {
    ($($(#[$about:meta])* $name:ident($number:ty);)+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub $number);

            impl $name {
                /// As a place in a vector.
                #[inline]
                pub const fn index(self) -> usize {
                    self.0 as usize
                }

                /// From a place in a vector.
                ///
                /// # Panics
                /// Where the place is beyond the type's range: limits on scenarios keep it within.
                pub fn at(index: usize) -> $name {
                    $name(<$number>::try_from(index).expect("limits on scenarios keep numbers in range"))
                }
            }
        )+
    };
}

pub(crate) use ids;
