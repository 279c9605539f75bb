//! Classes of storage of a bucket.

use crate::ground::time::Span;

/// How a bucket keeps its objects, and is paid for it (Amazon S3 user guide, *Understanding and managing Amazon S3 storage
/// classes*). Only those from which an object can be read at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StorageClass {
    /// S3 Standard.
    #[default]
    Standard,
    /// S3 Standard-IA: seldom read.
    StandardIa,
    /// S3 One Zone-IA: seldom read, and gone while its zone is.
    OneZoneIa,
    /// S3 Glacier Instant Retrieval: hardly ever read.
    GlacierInstant,
}

impl StorageClass {
    /// All of them.
    pub const ALL: [StorageClass; 4] =
        [StorageClass::Standard, StorageClass::StandardIa, StorageClass::OneZoneIa, StorageClass::GlacierInstant];
    /// Whoever stores less than so many bytes in a class for what is seldom read pays for so many: 128 KB (the same).
    const SMALLEST: u64 = 128 << 10;

    /// Its word in scenarios and price books.
    pub const fn word(self) -> &'static str {
        match self {
            StorageClass::Standard => "standard",
            StorageClass::StandardIa => "standard-ia",
            StorageClass::OneZoneIa => "one-zone-ia",
            StorageClass::GlacierInstant => "glacier-instant",
        }
    }

    /// For how long an object is paid for at the least, and for how many bytes: 30 days, or 90 (the same).
    pub const fn least(self) -> Option<(Span, u64)> {
        const DAY: u64 = 86_400;
        let days = match self {
            StorageClass::Standard => return None,
            StorageClass::StandardIa | StorageClass::OneZoneIa => 30,
            StorageClass::GlacierInstant => 90,
        };
        Some((Span::from_secs(days * DAY), StorageClass::SMALLEST))
    }

    /// Whether reading is paid for by the byte.
    pub const fn is_read_by_the_byte(self) -> bool {
        self.least().is_some()
    }
}
