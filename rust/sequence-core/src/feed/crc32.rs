//! CRC-32 (IEEE 802.3, reflected), the checksum venues compute over the top of a book.

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// Remainder of each byte, computed while compiling.
static TABLE: [u32; 256] = table();

#[expect(clippy::indexing_slicing, reason = "constant evaluation checks the bound")]
const fn table() -> [u32; 256] {
    let mut table = [0u32; 256];
    let mut index = 0;
    let mut byte = 0u32;
    while index < table.len() {
        let mut remainder = byte;
        let mut bit = 0;
        while bit < 8 {
            let carry = remainder & 1;
            remainder >>= 1;
            if carry == 1 {
                remainder ^= POLYNOMIAL;
            }
            bit += 1;
        }
        table[index] = remainder;
        index += 1;
        byte += 1;
    }
    table
}

/// A checksum under construction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc32(u32);

impl Crc32 {
    pub(super) const fn new() -> Self {
        Self(u32::MAX)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let [low, ..] = self.0.to_le_bytes();
            let entry = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default();
            self.0 = self.0 >> 8 ^ entry;
        }
    }

    /// Adds the decimal digits of a number, without leading zeros.
    pub(super) fn update_digits(&mut self, mut value: u64) {
        let mut digits = [b'0'; 20];
        let mut used = 0;
        for slot in digits.iter_mut().rev() {
            *slot = b'0' + u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
            used += 1;
            if value == 0 {
                break;
            }
        }
        self.update(digits.get(digits.len() - used..).unwrap_or_default());
    }

    pub(super) const fn finish(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard_comes_out() {
        let mut whole = Crc32::new();
        whole.update(b"123456789");
        assert_eq!(whole.finish(), 0xCBF4_3926);
        let mut digits = Crc32::new();
        digits.update_digits(123_456_789);
        assert_eq!(digits.finish(), 0xCBF4_3926);
    }

    #[test]
    fn the_largest_and_the_smallest_number_keep_their_digits() {
        for value in [0, 10, u64::MAX] {
            let (mut digits, mut text) = (Crc32::new(), Crc32::new());
            digits.update_digits(value);
            text.update(value.to_string().as_bytes());
            assert_eq!(digits.finish(), text.finish(), "{value}");
        }
    }
}
