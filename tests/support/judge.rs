//! crypto-bigint judges the group's arithmetic, on the host and in wasm.
//!
//! Included by both: `super::group` is the module that is judged.

use super::group::{BYTES, Element, prime};
use crypto_bigint::{U576, U4096, modular::ConstMontyForm};

crypto_bigint::const_monty_params!(
    Group,
    U4096,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
     020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
     4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
     98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
     9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
     E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
     3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
     A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
     ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
     D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
     08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7\
     88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8\
     DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2\
     233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA9\
     93B4EA988D8FDDC186FFB7DC90A6C08F4DF435C934063199FFFFFFFFFFFFFFFF",
    "N of RFC 5054 Appendix A, 4096-bit group (RFC 3526 §5)"
);
type Judge = ConstMontyForm<Group, { U4096::LIMBS }>;

const EXPONENT_BYTES: usize = 65;

/// xorshift64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Random bytes; one time in three long runs of the same bit, where carries travel far.
    fn fill(&mut self, bytes: &mut [u8]) {
        let is_odd = self.next().is_multiple_of(3);
        let mut left = 0;
        let mut run = 0;
        for byte in bytes {
            if left == 0 {
                left = self.next() % 64;
                run = [0, 0xff, 0x7f, 0x80][(self.next() % 4) as usize];
            }
            left -= u64::from(left > 0);
            *byte = if is_odd { run } else { self.next() as u8 };
        }
    }

    fn number(&mut self) -> U4096 {
        let mut bytes = [0; BYTES];
        self.fill(&mut bytes);
        let edges = [U4096::ZERO, U4096::ONE, judge_prime().wrapping_sub(&U4096::ONE)];
        match self.next() % 32 {
            edge @ 0..3 => edges[edge as usize],
            _ => U4096::from_be_slice(&bytes).rem_vartime(&judge_prime().to_nz().unwrap()),
        }
    }
}

fn judge_prime() -> U4096 {
    *<Group as crypto_bigint::modular::ConstMontyParams<{ U4096::LIMBS }>>::PARAMS
        .modulus()
        .as_ref()
}

fn bytes(number: &U4096) -> [u8; BYTES] {
    number.to_be_bytes().into()
}

fn judge_power(base: Judge, exponent: &[u8]) -> Judge {
    let mut padded = [0; U576::BYTES];
    padded[U576::BYTES - exponent.len()..].copy_from_slice(exponent);
    base.pow_bounded_exp(&U576::from_be_slice(&padded), 8 * exponent.len() as u32)
}

/// `disagreement(seed, rounds) -> what`
///
/// What is not as crypto-bigint has it, of the first round where anything is not.
pub fn disagreement(seed: u64, rounds: u32) -> Option<String> {
    let mut random = Random(seed | 1);
    if prime() != bytes(&judge_prime()) {
        return Some("N".to_owned());
    }
    (0..rounds).find_map(|round| {
        judge_round(&mut random, round).map(|what| format!("seed {seed}, round {round}: {what}"))
    })
}

fn judge_round(random: &mut Random, round: u32) -> Option<&'static str> {
    let [a, b] = [random.number(), random.number()];
    // Long powers take long: most are short.
    let length =
        if round.is_multiple_of(100) { EXPONENT_BYTES } else { random.next() as usize % 6 };
    let mut exponent = vec![0; length];
    random.fill(&mut exponent);
    let (a_judge, b_judge) = (Judge::new(&a), Judge::new(&b));
    let (a, b) = (Element::from_bytes(&bytes(&a)), Element::from_bytes(&bytes(&b)));
    let product = a.times(&b);
    let difference = product.minus(&b);
    let five = Judge::new(&U4096::from_u8(5));
    let difference_judge = a_judge * b_judge - b_judge;
    [
        ("bytes", &a, a_judge),
        ("times", &product, a_judge * b_judge),
        ("minus", &difference, difference_judge),
        ("power", &difference.power(&exponent), judge_power(difference_judge, &exponent)),
        ("power_of_five", &Element::power_of_five(&exponent), judge_power(five, &exponent)),
    ]
    .into_iter()
    .find(|(_, element, judge)| element.to_bytes().expose() != &bytes(&judge.retrieve()))
    .map(|(what, ..)| what)
}
