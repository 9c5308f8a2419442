/** The `aws` command line, as the lab has it. */
import { type PythonTool, pythonTool } from "../../lab/build/pythonTool";

export const awsCli = (): Promise<PythonTool> => pythonTool("awscli", ["awscli==1.46.3"]);
