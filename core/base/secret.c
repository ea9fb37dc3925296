/* base/secret.c: each secret has pages of its own, so that locking and the core-dump mark touch nothing else. */
#include "base/secret.h"
#include "base/check.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

struct yz_secret {
    size_t mapped; /* bytes of the mapping */
    size_t n;
    char bytes[];
};

yz_secret *yz_secret_new(yz_str bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = (sizeof(yz_secret) + bytes.n + page - 1) / page * page;
    yz_secret *secret = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    YZ_MUST(secret != MAP_FAILED);
    /* Both may be refused by a limit of the system; the secret is then no worse off than ordinary memory. */
    (void)mlock(secret, mapped);
    (void)madvise(secret, mapped, MADV_DONTDUMP);
    secret->mapped = mapped;
    secret->n = bytes.n;
    if (bytes.n)
        memcpy(secret->bytes, bytes.p, bytes.n);
    return secret;
}

void yz_secret_free(yz_secret *secret) {
    if (!secret)
        return;
    size_t mapped = secret->mapped;
    OPENSSL_cleanse(secret, mapped);
    munmap(secret, mapped);
}

yz_str yz_secret_reveal(const yz_secret *secret) { return secret ? (yz_str){secret->bytes, secret->n} : (yz_str){NULL, 0}; }
