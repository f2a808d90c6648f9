using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet schema</c>: prints the JSON Schema of site files.</summary>
internal static class SchemaVerb
{
    public static Command Create()
    {
        var markdown = new Option<bool>("--markdown") { Description = "Print a reference page of all keys in Markdown instead." };
        var verb = new VerbCommand("schema", "Print the JSON Schema of site files, for editors that complete and check them.")
        {
            Examples =
            [
                ("cloudlet schema > site.schema.json", "then begin a site file with `# yaml-language-server: $schema=site.schema.json`"),
                ("cloudlet schema --markdown", "every key of a site file with its type and meaning"),
            ],
        };
        verb.Options.Add(markdown);
        verb.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(markdown) ? SiteReference.Generate() : SiteSchema.Generate());
            return ExitCodes.Ok;
        });
        return verb;
    }
}
