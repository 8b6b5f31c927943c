// libcurl for Swift. curl_easy_setopt and curl_easy_getinfo are variadic, which Swift can't call, so each kind of
// argument has a function here; and a socket's address is longer than the `struct sockaddr` that curl declares.
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

static const curl_socket_t gatehouse_curl_no_socket = CURL_SOCKET_BAD;
static const long gatehouse_curl_tls_1_2 = CURL_SSLVERSION_TLSv1_2;
static const long gatehouse_curl_http_1_1 = CURL_HTTP_VERSION_1_1;

static const long gatehouse_curl_tls_required = CURLUSESSL_ALL;
static const long gatehouse_curl_tls_if_offered = CURLUSESSL_TRY;

static inline CURLcode gatehouse_curl_set_number(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

// curl copies the text.
static inline CURLcode gatehouse_curl_set_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gatehouse_curl_set_fields(CURL *curl, struct curl_slist *fields) {
  return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
}

typedef size_t (*gatehouse_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode gatehouse_curl_set_receivers(CURL *curl, gatehouse_curl_receiver head,
                                                    gatehouse_curl_receiver body, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, head);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_HEADERDATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, context);
  return code;
}

static inline CURLcode gatehouse_curl_set_recipients(CURL *curl, struct curl_slist *recipients) {
  return curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
}

// What curl sends it asks for, piece by piece.
static inline CURLcode gatehouse_curl_set_sender(CURL *curl, gatehouse_curl_receiver give, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_READDATA, context);
  return code;
}

static inline CURLcode gatehouse_curl_set_door(CURL *curl, curl_opensocket_callback open, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open);
  if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, context);
  return code;
}

static inline long gatehouse_curl_status(CURL *curl) {
  long status = 0;
  return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// Writes the address's octets and says how many there are: 4, 16, or 0 for a family that is neither IPv4 nor IPv6.
static inline int gatehouse_curl_octets(const struct curl_sockaddr *address, unsigned char octets[16]) {
  if (address->family == AF_INET && address->addrlen >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in in;
    memcpy(&in, (const void *)&address->addr, sizeof in);
    memcpy(octets, &in.sin_addr, 4);
    return 4;
  }
  if (address->family == AF_INET6 && address->addrlen >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 in;
    memcpy(&in, (const void *)&address->addr, sizeof in);
    memcpy(octets, &in.sin6_addr, 16);
    return 16;
  }
  return 0;
}
