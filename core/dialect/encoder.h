/* dialect/encoder.h: the core's side of yz_encoder (yuzui/adapter.h): an encoder whose maker says everything. */
#ifndef YUZUI_DIALECT_ENCODER_H
#define YUZUI_DIALECT_ENCODER_H

#include <yuzui/adapter.h>

/* The encoder of this adapter, or of the one that owns its dialect where the request was asked; NULL: there is none. `info` is copied; its
 * chat (NULL: none) gives tools their own names. */
yz_encoder *yz_encoder_open(const yz_adapter *adapter, const yz_encode_info *info);
/* As yz_encoder_new, for the end of a stream of which so many bytes were forwarded. */
yz_encoder *yz_encoder_goes_on(const yz_request *request, int64_t now, yz_arena *arena, yz_losses *losses, uint64_t forwarded);

#endif
