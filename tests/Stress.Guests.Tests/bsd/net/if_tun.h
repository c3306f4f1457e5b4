/* Of the BSDs' <net/if_tun.h>: the agent needs none of its names. */
