
/* What follows is added by a build with --faults. */
#include <linux/stress_fault.h>

static char stress_fault_name[32];

static int __init stress_fault_setup(char *name, int *add)
{
	*add = 0;
	strscpy(stress_fault_name, name, sizeof(stress_fault_name));
	return 0;
}
__uml_setup("stress_fault=", stress_fault_setup,
"stress_fault=<name>\n"
"    Puts one historic fault back.\n\n");

bool stress_fault(const char *name)
{
	return *stress_fault_name && !strcmp(stress_fault_name, name);
}
EXPORT_SYMBOL_GPL(stress_fault);
