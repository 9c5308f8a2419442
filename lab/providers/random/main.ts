/** Replaces the official `random` plugin: RandomPassword. */
import { serve } from "../server";
import { randomPassword } from "./randomPassword";

serve({
  name: "random",
  version: "4.21.2",
  resources: { "random:index/randomPassword:RandomPassword": randomPassword },
  functions: {},
});
