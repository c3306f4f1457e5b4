/* Of the BSDs' <netinet/in_var.h>: what the agent uses is in <net/if.h> here. */
