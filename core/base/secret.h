/* base/secret.h: the core's side of secrets (yuzui/base.h): making and freeing them. */
#ifndef YUZUI_BASE_SECRET_H
#define YUZUI_BASE_SECRET_H

#include <yuzui/base.h>

yz_secret *yz_secret_new(yz_str bytes); /* a copy */
void yz_secret_free(yz_secret *secret); /* wipes; NULL is allowed */

#endif
