/** Replaces the official `command` plugin: remote.Command. */
import { serve } from "../server";
import { remoteCommand } from "./remoteCommand";

serve({ name: "command", version: "1.2.1", resources: { "command:remote:Command": remoteCommand }, functions: {} });
