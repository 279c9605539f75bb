//! What the use of a class of storage is called in price books: of the standard class `s3.put`, of others `s3.standard-ia.put`.

use crate::cloud::topology::StorageClass;

/// The item of a use of a class.
pub(super) fn item(class: StorageClass, what: &str) -> String {
    match class {
        StorageClass::Standard => format!("s3.{what}"),
        _ => format!("s3.{}.{what}", class.word()),
    }
}

/// The class of an item, and what of it is used; `None` where that is not the name of any.
pub fn use_of(item: &str) -> Option<(StorageClass, &str)> {
    let rest = item.strip_prefix("s3.")?;
    let Some((word, what)) = rest.split_once('.') else { return Some((StorageClass::Standard, rest)) };
    let others = StorageClass::ALL.into_iter().filter(|class| *class != StorageClass::Standard);
    Some((others.into_iter().find(|class| class.word() == word)?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_they_are_written() {
        for class in StorageClass::ALL {
            assert_eq!(use_of(&item(class, "storage")), Some((class, "storage")));
        }
        assert_eq!(item(StorageClass::Standard, "put"), "s3.put");
        for strange in ["s3.standard.put", "s3.cold.put", "s4.put", "s3"] {
            assert_eq!(use_of(strange), None, "{strange}");
        }
    }
}
