// libargon2 for Swift: OpenSSL has Argon2 from 3.2 on, Debian 12 has 3.0.
#pragma once
#include <argon2.h>
