//! Fixed key pairs for tests: known to everyone, so never for use. RSA signatures (PKCS#1 v1.5) and Ed25519 signatures
//! are deterministic, hence signed requests in tests are the same at each run.

use super::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// PKCS#8, in base64.
const RSA_2048: &str = "\
    MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDljyYac+FjNPFbQ6X5OUAqoutMiqeuoom9jAqHRVsPN5BW6qi/\
    z4eJ/hx8z8b52UxGqbZ41l02w2+ahV0OGJa952VPSvJRsOaSSAHoqBiN5Gp9iM5JPdl+Xua7dAZhElVO9ppxqOO7FGvRF3aTxShg\
    Kzf/6B+1KacVG5xI00tvw4IBl40GtU6SmWqu6IbUcC2XezI/afY5Jq1/HYr03Kjr/DOEUZoETWcFQCcW27GRz6H1BVWfLRL9go0m\
    yNOTI73HNGpk2n39zbz/K2xBYcj90YcoR2wrbRUwkPjfL/5kiFGjIIOVtiiWC78dz+NXKsYmVmxNc0PtZNzd3l+BIMIjAgMBAAEC\
    ggEAXenr6TuKNFd2/GLXFng1B5xiTgyVoCzP1BNkRUX7BGUzcFONGPeymCI1DlzEpveerHQG+jWcqehXkqxHzxoBJYzylfdv3jrU\
    gXjjCwcmEHqnlFbxKeabQYdatsq3R2REMUtTEPfKvwESQNbsBHVO2NUlklSpECkLuWdzzxleTci0UQ9yHti35eFWhmSXWz9329s7\
    LRMzEWX+2829Qm3FDeyZEL9qmyXDkt1SedbtfTeyYsRaEAOYGNKCsNE97fl5JYx2UhAdbcK129bECaF/QvvvZT6ZSR4kX4RqFu0B\
    XNgL6yw7kiW7bITGtRuhbBnzmfU2ryUKxUIXUWMtPYAwWQKBgQD4PARGPzxLBWwszpzE5j/4nkHwOncbk0EOhCBED1TwTau2ZC1Q\
    HxD4/KOAg4wAS5Nt/EJzKbRrbJaQ0LBdHCmzqlQOfvXD6HG5c4KCqkSZ+Qacvjae5AYUZZ92W+z9xhW5H0s9fi60rgqMziBOF4S9\
    uJ70k44ChLWsj/BUimVOCwKBgQDsvZJKkmCFQxS1aqvXxzID6X4DhOA2+kX1lYBQpf8dtlh7DODoqBTZxNSltHuCsndi3O0ZO6pV\
    HSn1MPCKJDM1NUfJI1iOM4ygh+WLWeLeki815AKA1GQSaFUMVQdaOFrhZNL1+EZwU/4DzHGFESyXy3eEhGoK1WpE/GOG1vYjSQKB\
    gQDFQ2xiJn5TX8vHD6mlDxRnDdx4ev2L/EkGsBiz/TsSe6apGpKnyQhD1QBZcDAhS+2syXpE6i9l7rT3/98nHupEzGZf3qSPOnil\
    VxWvoH9DnJGUndPqEGqEav19oS+Du5YntqakB1I2YtgfbO5fIHFsEvq+gUOo3K1CpF/nztMSYQKBgQDQpNaskEsux4sVxFiFCJKk\
    7gDYWyA8c+B6a3M2IMYxyoY6lIQXqCMQNi/vhpwf+OfNIsZ3qaUZ9GUJKkOki/jxmO6Wb2dZlEcJKBv+745J+G5RQY2POyCjNH5Y\
    Kwwa0HYQFYrzqwdxciT59hHKY/N4KKNCEG1g9Ov+tq2EpikxuQKBgQCxaMPQITzKVu/9p6FOtIN/8U8jTZizN1HW6VMRmjbfOrgU\
    Wb5Yx1vdhZDPAMaoDmgJwu/RxXpJQivTpyZ1dcZwj/M3/2MDtHthtfNVbMygNXqDw6CHV7+0pKk0yZSFsC0ihnzii80tqVHXMRa+\
    p+RgAPXwISt//jE9jBp/a9X69Q==";

/// A public key that is too small.
pub const RSA_1024_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDiibqgyOe2d9Du1a825bHExxjA
YKRFnk7JXJ11UZBXR5cFuzQUcxoPmMaZjHFtT6o4gks0MV3tLV2l4dQ/6DWLkzyN
WyHpACexn4lvJ6934qUYYQJ3rw/HMVYtfDt8wpBJcC73rOAMhEQnNAu1GK4Yq3I2
2a7Wr3q71l8x74MQcwIDAQAB
-----END PUBLIC KEY-----
";

/// The RSA pair.
pub fn rsa() -> KeyPair {
    KeyPair::from_pkcs8(&STANDARD.decode(RSA_2048).unwrap()).unwrap()
}

/// The Ed25519 pair.
pub fn ed25519() -> KeyPair {
    KeyPair::from_ed25519_seed(&[7; 32]).unwrap()
}
