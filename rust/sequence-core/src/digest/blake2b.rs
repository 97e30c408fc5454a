//! `BLAKE2b` of eight bytes, without a key (RFC 7693).

const BLOCK: usize = 128;
const START: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];
/// Eight bytes of digest, no key, one sequence of blocks.
const PARAMETERS: u64 = 0x0101_0008;

macro_rules! mix {
    ($v:ident, $a:literal $b:literal $c:literal $d:literal, $x:expr, $y:expr) => {
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($x);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(32);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(24);
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($y);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(16);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(63);
    };
}

macro_rules! round {
    ($v:ident, $w:ident, $a:literal $b:literal $c:literal $d:literal $e:literal $f:literal $g:literal $h:literal
        $i:literal $j:literal $k:literal $l:literal $m:literal $n:literal $o:literal $p:literal) => {
        mix!($v, 0 4 8 12, $w[$a], $w[$b]);
        mix!($v, 1 5 9 13, $w[$c], $w[$d]);
        mix!($v, 2 6 10 14, $w[$e], $w[$f]);
        mix!($v, 3 7 11 15, $w[$g], $w[$h]);
        mix!($v, 0 5 10 15, $w[$i], $w[$j]);
        mix!($v, 1 6 11 12, $w[$k], $w[$l]);
        mix!($v, 2 7 8 13, $w[$m], $w[$n]);
        mix!($v, 3 4 9 14, $w[$o], $w[$p]);
    };
}

/// The digest of bytes.
pub(super) fn of(bytes: &[u8]) -> [u8; 8] {
    let mut state = START;
    state[0] ^= PARAMETERS;
    let mut rest = bytes;
    let mut read = 0_u64;
    // The last block is the one that ends the text, also where it is full.
    while rest.len() > BLOCK
        && let Some((block, tail)) = rest.split_first_chunk::<BLOCK>()
    {
        read = read.wrapping_add(BLOCK as u64);
        compress(&mut state, block, read, false);
        rest = tail;
    }
    let mut block = [0_u8; BLOCK];
    for (to, from) in block.iter_mut().zip(rest) {
        *to = *from;
    }
    compress(&mut state, &block, read.wrapping_add(rest.len() as u64), true);
    state[0].to_le_bytes()
}

#[rustfmt::skip]
fn compress(state: &mut [u64; 8], block: &[u8; BLOCK], read: u64, is_last: bool) {
    let mut words = [0_u64; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let mut v = [0_u64; 16];
    for (to, from) in v.iter_mut().zip(state.iter().chain(&START)) {
        *to = *from;
    }
    v[12] ^= read;
    if is_last {
        v[14] = !v[14];
    }
    round!(v, words, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    round!(v, words, 14 10 4 8 9 15 13 6 1 12 0 2 11 7 5 3);
    round!(v, words, 11 8 12 0 5 2 15 13 10 14 3 6 7 1 9 4);
    round!(v, words, 7 9 3 1 13 12 11 14 2 6 5 10 4 0 15 8);
    round!(v, words, 9 0 5 7 2 4 10 15 14 1 11 12 6 8 3 13);
    round!(v, words, 2 12 6 10 0 11 8 3 4 13 7 5 15 14 1 9);
    round!(v, words, 12 5 1 15 14 13 4 10 0 7 6 3 9 2 8 11);
    round!(v, words, 13 11 7 14 12 1 3 9 5 0 15 4 8 6 2 10);
    round!(v, words, 6 15 14 9 11 3 0 8 12 2 13 7 1 4 10 5);
    round!(v, words, 10 2 8 4 7 6 1 5 15 11 9 14 3 12 13 0);
    round!(v, words, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    round!(v, words, 14 10 4 8 9 15 13 6 1 12 0 2 11 7 5 3);
    let (low, high) = v.split_at(8);
    for ((to, low), high) in state.iter_mut().zip(low).zip(high) {
        *to ^= low ^ high;
    }
}
