//! Addresses of IP and blocks of them, as rules read them.

use core::net::Ipv6Addr;

/// An address, of four bytes or of sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    bits: u128,
    is_v6: bool,
}

impl Address {
    /// Reads four decimal numbers with dots, or sixteen bytes in hexadecimal with colons.
    pub(super) fn read(text: &str) -> Option<Address> {
        if text.contains(':') {
            if !text.bytes().all(|byte| byte == b':' || byte.is_ascii_hexdigit()) {
                return None;
            }
            let address: Ipv6Addr = text.parse().ok()?;
            // One that stands for an address of four bytes is that address.
            return Some(match address.to_ipv4_mapped() {
                Some(four) => Address { bits: u128::from(four.to_bits()), is_v6: false },
                None => Address { bits: address.to_bits(), is_v6: true },
            });
        }
        let mut bits = 0_u128;
        let mut count = 0;
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            bits = bits << 8 | u128::from(part.parse::<u8>().ok()?);
            count += 1;
            if count > 4 {
                return None;
            }
        }
        (count == 4).then_some(Address { bits, is_v6: false })
    }
}

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    lowest: u128,
    highest: u128,
    is_v6: bool,
}

impl Block {
    /// Reads `10.0.0.0/24`; bits of the address behind the mask count for nothing.
    ///
    /// # Errors
    /// What is the matter, and what to do.
    pub(super) fn read(text: &str) -> Result<Block, (String, String)> {
        let example = || "an address, a slash and the number of bits: `10.0.0.0/24`, `2001:db8::/32`".to_owned();
        let Some((address, mask)) = text.split_once('/').filter(|(_, mask)| !mask.is_empty() && !mask.contains('/'))
        else {
            return Err((format!("`{text}` is no block of addresses: it has one slash"), example()));
        };
        let Some(address) = Address::read(address) else {
            return Err((format!("`{address}` is no IP address"), example()));
        };
        let Ok(mask) = mask.parse::<u32>() else {
            return Err((format!("`{mask}` is no number of bits"), example()));
        };
        let (width, most) = if address.is_v6 { (128, 127) } else { (32, 31) };
        if mask > most {
            let kind = if address.is_v6 { "IPv6" } else { "IPv4" };
            let advice = "one address alone is written without `cidr`, as text: \"10.0.0.1\"".to_owned();
            return Err((format!("a block of {kind} has at most {most} bits, not {mask}"), advice));
        }
        let free = u128::MAX >> (128 - (width - mask));
        Ok(Block { lowest: address.bits & !free, highest: address.bits | free, is_v6: address.is_v6 })
    }

    pub(super) fn holds(&self, address: Address) -> bool {
        address.is_v6 == self.is_v6 && (self.lowest..=self.highest).contains(&address.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("10.0.0.1", "010.000.0.1"),
            ("::1", "0:0:0:0:0:0:0:1"),
            ("2001:DB8::1", "2001:db8:0::1"),
            ("::ffff:a00:1", "10.0.0.1"),
        ] {
            assert_eq!(Address::read(one), Address::read(other), "{one}");
            assert!(Address::read(one).is_some(), "{one}");
        }
        for not in
            ["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10..0.1", "a.b.c.d", "::g", "fe80::1%eth0", "08:23", "1.2.3.-4"]
        {
            assert_eq!(Address::read(not), None, "{not}");
        }
    }

    /// Ranges of the engine's own tests (aws/event-ruler, CIDRTest).
    #[test]
    fn a_block_holds_what_begins_with_its_bits() {
        for (block, first, last, outside) in [
            ("10.0.0.0/24", "10.0.0.0", "10.0.0.255", "10.0.1.0"),
            ("54.240.196.171/24", "54.240.196.0", "54.240.196.255", "54.240.195.255"),
            ("27.0.0.0/22", "27.0.0.0", "27.0.3.255", "27.0.4.0"),
            ("52.76.128.0/17", "52.76.128.0", "52.76.255.255", "52.76.127.255"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::1"),
            ("2400:6500:FF00::36FB:1F80/122", "2400:6500:ff00::36fb:1f80", "2400:6500:ff00::36fb:1fbf", "2400::"),
            ("2600:1F14::/35", "2600:1f14::", "2600:1f14:1fff:ffff:ffff:ffff:ffff:ffff", "2600:1f14:2000::"),
            ("::1/24", "::", "0:ff:ffff:ffff:ffff:ffff:ffff:ffff", "10.0.0.1"),
            ("1::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "10.0.0.1"),
        ] {
            let read = Block::read(block).unwrap();
            for (address, holds) in [(first, true), (last, true), (outside, false)] {
                assert_eq!(read.holds(Address::read(address).unwrap()), holds, "{address} in {block}");
            }
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "192.168.0.1/33",
            "10.0.0.1/32",
            "::1/128",
            "foo",
            "foo/bar/baz",
            "192.168.0.1/foo",
            "192.168.0.1/-3424",
            "/24",
            "snorkle/3",
            "10.10.10.10.10/3",
            "2.1.0.-1/3",
            "2400:6500:3:3:3:3:3:3:3:3FF00::36FB:1F80/122",
            "10.0.0.0/",
            "2400:6500:FF00::36FB:1F80/222",
            "10.0.0.0",
            "",
        ] {
            assert!(Block::read(text).is_err(), "{text}");
        }
    }
}
