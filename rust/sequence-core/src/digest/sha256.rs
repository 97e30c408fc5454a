//! SHA-256 (FIPS 180-4).

const BLOCK: usize = 64;
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
#[rustfmt::skip]
const KEYS: [[u32; 16]; 4] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

macro_rules! step {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $word:expr, $key:expr) => {
        let turned = $e.rotate_right(6) ^ $e.rotate_right(11) ^ $e.rotate_right(25);
        let chosen = ($e & $f) ^ (!$e & $g);
        let more =
            $h.wrapping_add(turned).wrapping_add(chosen).wrapping_add($key).wrapping_add($word);
        let turned = $a.rotate_right(2) ^ $a.rotate_right(13) ^ $a.rotate_right(22);
        let most = ($a & $b) ^ ($a & $c) ^ ($b & $c);
        $d = $d.wrapping_add(more);
        $h = more.wrapping_add(turned).wrapping_add(most);
    };
}

macro_rules! extend {
    ($words:ident, $at:literal $next:literal $ninth:literal $last:literal) => {
        let (low, high) = ($words[$next], $words[$last]);
        let low = low.rotate_right(7) ^ low.rotate_right(18) ^ (low >> 3);
        let high = high.rotate_right(17) ^ high.rotate_right(19) ^ (high >> 10);
        $words[$at] = $words[$at].wrapping_add(low).wrapping_add($words[$ninth]).wrapping_add(high);
    };
}

/// The digest of bytes.
pub(super) fn of(bytes: &[u8]) -> [u32; 8] {
    let mut state = START;
    let (whole, rest) = bytes.as_chunks::<BLOCK>();
    for block in whole {
        compress(&mut state, block);
    }
    // A bit behind the text, and its length in bits at the end of a block.
    let bits = (bytes.len() as u64).wrapping_mul(8).to_be_bytes();
    let mut ends = [0_u8; 2 * BLOCK];
    for (to, from) in ends.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *to = *from;
    }
    let blocks = if rest.len() + 1 + bits.len() > BLOCK { 2 } else { 1 };
    for (to, from) in ends.iter_mut().take(blocks * BLOCK).rev().zip(bits.iter().rev()) {
        *to = *from;
    }
    for block in ends.as_chunks::<BLOCK>().0.iter().take(blocks) {
        compress(&mut state, block);
    }
    state
}

#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (number, keys) in KEYS.iter().enumerate() {
        if number > 0 {
            extend(&mut words);
        }
        step!(a b c d e f g h, words[0], keys[0]);
        step!(h a b c d e f g, words[1], keys[1]);
        step!(g h a b c d e f, words[2], keys[2]);
        step!(f g h a b c d e, words[3], keys[3]);
        step!(e f g h a b c d, words[4], keys[4]);
        step!(d e f g h a b c, words[5], keys[5]);
        step!(c d e f g h a b, words[6], keys[6]);
        step!(b c d e f g h a, words[7], keys[7]);
        step!(a b c d e f g h, words[8], keys[8]);
        step!(h a b c d e f g, words[9], keys[9]);
        step!(g h a b c d e f, words[10], keys[10]);
        step!(f g h a b c d e, words[11], keys[11]);
        step!(e f g h a b c d, words[12], keys[12]);
        step!(d e f g h a b c, words[13], keys[13]);
        step!(c d e f g h a b, words[14], keys[14]);
        step!(b c d e f g h a, words[15], keys[15]);
    }
    for (to, from) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *to = to.wrapping_add(from);
    }
}

/// The next sixteen words of the schedule, each from those before it.
fn extend(words: &mut [u32; 16]) {
    extend!(words, 0 1 9 14);
    extend!(words, 1 2 10 15);
    extend!(words, 2 3 11 0);
    extend!(words, 3 4 12 1);
    extend!(words, 4 5 13 2);
    extend!(words, 5 6 14 3);
    extend!(words, 6 7 15 4);
    extend!(words, 7 8 0 5);
    extend!(words, 8 9 1 6);
    extend!(words, 9 10 2 7);
    extend!(words, 10 11 3 8);
    extend!(words, 11 12 4 9);
    extend!(words, 12 13 5 10);
    extend!(words, 13 14 6 11);
    extend!(words, 14 15 7 12);
    extend!(words, 15 0 8 13);
}
