/** Whether this is the address of the account that the server makes for a widget (src/citewell/widgets/service.py). */
export const isWidget = (email: string): boolean => email.endsWith("@widget.invalid");
