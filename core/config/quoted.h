/* config/quoted.h: an error's message without what it quotes of the request: a client writes that, and must not decide by it how an account
 * stands ("Invalid value: 'insufficient balance'"). */
#ifndef YUZUI_CONFIG_QUOTED_H
#define YUZUI_CONFIG_QUOTED_H

#include <yuzui/call.h>

/* The message, if its status is one of the account's (401, 402, 403, 429) or of none; else its copy in `room`, which is as long, with
 * nothing in the quotes; or nothing at all, where the code says that a value is wrong. What is quoted after a name of words (message,
 * error, detail …) is kept: relays quote the error that they pass on. */
yz_str yz_error_bare(const yz_error *error, char *room);
/* A text with nothing in its quotes, whoever said it, and nothing from a quote on that is not closed; in `room`, which is as long. */
yz_str yz_words_unquoted(yz_str text, char *room);

#endif
