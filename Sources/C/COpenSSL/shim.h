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
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

static inline long gatehouse_bio_contents(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }

// OSSL_PARAM keeps pointers to its names, which must outlive the call that makes it: a C literal does, a Swift
// string does not. So the lists of parameters are made here.

static inline int gatehouse_hmac_init(EVP_MAC_CTX *context, const char *name, const unsigned char *key, size_t length) {
  char digest[16];
  if (strlen(name) >= sizeof digest) return 0;
  strcpy(digest, name);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_init(context, key, length, parameters);
}

static inline int gatehouse_hmac_sha256_init(EVP_MAC_CTX *context, const unsigned char *key, size_t length) {
  return gatehouse_hmac_init(context, "SHA2-256", key, length);
}

static inline int gatehouse_hmac_sha1_init(EVP_MAC_CTX *context, const unsigned char *key, size_t length) {
  return gatehouse_hmac_init(context, "SHA1", key, length);
}

// The point is uncompressed: 0x04, x, y (65 bytes).
static inline int gatehouse_p256_public_key(EVP_PKEY_CTX *context, EVP_PKEY **key, unsigned char *point) {
  char group[] = "prime256v1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65),
      OSSL_PARAM_construct_end(),
  };
  return EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
}

// The modulus and the exponent are big-endian.
static inline int gatehouse_rsa_public_key(EVP_PKEY_CTX *context, EVP_PKEY **key, const unsigned char *n, int n_length,
                                           const unsigned char *e, int e_length) {
  BIGNUM *modulus = BN_bin2bn(n, n_length, NULL), *exponent = BN_bin2bn(e, e_length, NULL);
  OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  int code = 0;
  if (modulus && exponent && list && OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
      OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
      (parameters = OSSL_PARAM_BLD_to_param(list)) != NULL)
    code = EVP_PKEY_fromdata_init(context) == 1 &&
           EVP_PKEY_fromdata(context, key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(list);
  BN_free(modulus);
  BN_free(exponent);
  return code;
}
