#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

// OpenSSL's interface is in part macros, which Swift does not import: these are their functions.

// A key that needs a passphrase is refused; the default would ask on the terminal.
static inline int copenssl_no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer, (void)size, (void)writing, (void)context;
  return -1;
}

// Takes http/1.1 from the client's list, and ends the handshake if it offers only other
// protocols (RFC 7301, section 3.2).
static inline int copenssl_select_protocol(SSL *ssl, const unsigned char **out,
                                           unsigned char *out_length, const unsigned char *in,
                                           unsigned int in_length, void *context) {
  static const unsigned char name[8] = {'h', 't', 't', 'p', '/', '1', '.', '1'};
  (void)ssl, (void)context;
  for (unsigned int at = 0; at < in_length && in[at] <= in_length - at - 1; at += 1u + in[at]) {
    if (in[at] == sizeof name && memcmp(in + at + 1, name, sizeof name) == 0) {
      *out = in + at + 1;
      *out_length = sizeof name;
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A context for a server: TLS 1.2 and later, partial writes, no renegotiation, no compression,
// buffers released while a connection is idle, http/1.1 by ALPN. NULL when memory is short.
static inline SSL_CTX *copenssl_server_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (context == NULL) return NULL;
  static const unsigned char id[] = "pointserve";
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_alpn_select_cb(context, copenssl_select_protocol, NULL);
  SSL_CTX_set_default_passwd_cb(context, copenssl_no_passphrase);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_session_id_context(context, id, sizeof id - 1) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

// What seals session tickets (RFC 5077, section 4): the name that is sent along with them, and the
// keys of AES-256-CBC and HMAC-SHA-256.
struct copenssl_ticket_key {
  unsigned char name[16], cipher_key[32], mac_key[32];
};

// What OpenSSL calls for each ticket that it seals or opens.
typedef int (*copenssl_ticket_callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *,
                                        EVP_MAC_CTX *, int);

// Sets the callback and the object that it finds with copenssl_ticket_owner.
static inline void copenssl_set_tickets(SSL_CTX *context, copenssl_ticket_callback callback,
                                        void *owner) {
  SSL_CTX_set_app_data(context, owner);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callback);
}

static inline void *copenssl_ticket_owner(SSL *ssl) {
  return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

// Prepares the contexts of a ticket: to seal one, with a fresh initialization vector, or to open
// one. 0 on failure.
static inline int copenssl_use_ticket_key(const struct copenssl_ticket_key *key,
                                          unsigned char *vector, EVP_CIPHER_CTX *cipher,
                                          EVP_MAC_CTX *mac, int seals) {
  static char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac_key,
                                        sizeof key->mac_key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return 0;
  const EVP_CIPHER *kind = EVP_aes_256_cbc();
  if (!seals) return EVP_DecryptInit_ex2(cipher, kind, key->cipher_key, vector, NULL);
  return RAND_bytes(vector, EVP_CIPHER_get_iv_length(kind)) == 1 &&
         EVP_EncryptInit_ex2(cipher, kind, key->cipher_key, vector, NULL);
}

// Makes sessions good for contexts with the same content of that file alone: a session that was
// resumed has no certificate that could be verified again.
static inline int copenssl_bind_sessions(SSL_CTX *context, const char *path) {
  unsigned char buffer[4096], hash[EVP_MAX_MD_SIZE];
  unsigned int hash_size = 0;
  BIO *file = BIO_new_file(path, "rb");
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  int done = file != NULL && digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
  int count;
  while (done && (count = BIO_read(file, buffer, sizeof buffer)) > 0) {
    done = EVP_DigestUpdate(digest, buffer, (size_t)count) == 1;
  }
  done = done && EVP_DigestFinal_ex(digest, hash, &hash_size) == 1 &&
         SSL_CTX_set_session_id_context(context, hash, hash_size) == 1;
  EVP_MD_CTX_free(digest);
  BIO_free(file);
  return done;
}

// Demands a client certificate that one of the authorities in a PEM file has signed.
static inline int copenssl_demand_client_certificate(SSL_CTX *context, const char *path) {
  STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
  if (names == NULL || SSL_CTX_load_verify_locations(context, path, NULL) != 1 ||
      copenssl_bind_sessions(context, path) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return 0;
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  return 1;
}

// The end of the certificate's validity in seconds since 1970; -1 when it cannot be read.
static inline int64_t copenssl_not_after(SSL_CTX *context) {
  struct tm parts;
  const X509 *certificate = SSL_CTX_get0_certificate(context);
  if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
    return -1;
  }
  return (int64_t)timegm(&parts);
}

// The subject of the verified client certificate; 0 when there is none.
static inline int copenssl_client_subject(SSL *ssl, char *text, int capacity) {
  X509 *certificate = SSL_get1_peer_certificate(ssl);
  if (certificate == NULL) return 0;
  X509_NAME_oneline(X509_get_subject_name(certificate), text, capacity);
  X509_free(certificate);
  return 1;
}

// A context for a client: TLS 1.2 and later, any certificate of the server until more is asked for.
// NULL when memory is short.
static inline SSL_CTX *copenssl_client_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) return NULL;
  SSL_CTX_set_default_passwd_cb(context, copenssl_no_passphrase);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

// Demands that the server's certificate is for a host name or a numeric address (RFC 9525).
static inline int copenssl_expect_name(SSL *ssl, const char *name) {
  X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1) return 1;
  ERR_clear_error();
  return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

// Whether the server showed the first certificate of a PEM file; -1 when the file holds none.
static inline int copenssl_shows_certificate(SSL *ssl, const char *path) {
  BIO *file = BIO_new_file(path, "r");
  X509 *expected = file == NULL ? NULL : PEM_read_bio_X509(file, NULL, NULL, NULL);
  X509 *shown = SSL_get1_peer_certificate(ssl);
  int equal = expected == NULL ? -1 : shown != NULL && X509_cmp(expected, shown) == 0;
  X509_free(shown);
  X509_free(expected);
  BIO_free(file);
  return equal;
}
