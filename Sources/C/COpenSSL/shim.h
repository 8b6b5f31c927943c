// OpenSSL 3's libcrypto for Swift. What OpenSSL spells as a macro stands here as a function, since Swift can't
// see macros with arguments.
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

// A selection of key parts, which OpenSSL composes of other macros.
static const int gatehouse_public_key_parts = EVP_PKEY_PUBLIC_KEY;

static inline long gatehouse_bio_contents(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }
