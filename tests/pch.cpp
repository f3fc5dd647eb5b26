// SPDX-License-Identifier: BSL-1.0
//
// The owner of the precompiled header that the test programs share. It has no code of its own.
