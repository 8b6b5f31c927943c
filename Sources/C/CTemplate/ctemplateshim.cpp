#include "ctemplateshim.h"
