using System.CommandLine;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet schema</c>: the JSON Schema of site files.</summary>
internal static class SchemaVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("schema", "Print the JSON Schema of site files, for editors that complete and check them.")
        {
            Examples = [("cloudlet schema > site.schema.json", "then begin a site file with `# yaml-language-server: $schema=site.schema.json`")],
        };
        verb.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(SiteSchema.Generate());
            return ExitCodes.Ok;
        });
        return verb;
    }
}
