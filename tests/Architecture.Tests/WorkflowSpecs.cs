using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Cloudlet.Architecture.Tests;

/// <summary>
/// What .github holds is YAML of the expected form and calls only what the repository has. GitHub reports a mistake in it after a push at
/// the earliest, and one in the workflow of releases with the first tag.
/// </summary>
public sealed partial class WorkflowSpecs
{
    private static readonly string[] Contexts = ["env", "github", "matrix", "needs", "runner", "secrets", "steps", "inputs"];

    public static TheoryData<string> Workflows() => new(Yaml("workflows"));

    public static TheoryData<string> Forms() =>
        new(Yaml("ISSUE_TEMPLATE").Where(static f => !f.EndsWith("config.yml", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_has_a_trigger_rights_and_jobs_that_do_something(string file)
    {
        var workflow = Load(file);

        workflow.Children.Keys.Select(Text).ShouldBeSubsetOf(["name", "on", "permissions", "concurrency", "env", "jobs"]);
        workflow.Children.ShouldContainKey("on");
        workflow.Children.ShouldContainKey("permissions"); // without it the token may write
        foreach (var (name, job) in JobsOf(workflow))
        {
            if (job.Children.TryGetValue("uses", out var called))
            {
                File.Exists(Repository.At(Text(called))).ShouldBeTrue($"{file}: {name} calls {called}");
                continue;
            }

            job.Children.ShouldContainKey("runs-on", $"{file}: {name}");
            foreach (var step in StepsOf(job))
            {
                step.Children.Keys.Select(Text).ShouldBeSubsetOf(["name", "if", "uses", "with", "run", "env", "id"]);
                (step.Children.ContainsKey("uses") ^ step.Children.ContainsKey("run")).ShouldBeTrue($"{file}: a step of {name}");
                if (step.Children.TryGetValue("uses", out var action))
                    Text(action).ShouldMatch(@"^[\w-]+/[\w-]+@v\d+$");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Jobs_need_jobs_that_exist_and_steps_run_files_that_exist(string file)
    {
        var jobs = JobsOf(Load(file)).ToDictionary(static j => j.Name, static j => j.Job);

        jobs.Values.Select(static j => j.Children.TryGetValue("needs", out var needed) ? Text(needed) : null)
            .OfType<string>()
            .ShouldBeSubsetOf(jobs.Keys);
        jobs.Values.SelectMany(StepsOf)
            .Where(static s => s.Children.ContainsKey("run"))
            .SelectMany(static s => Script().Matches(Text(s.Children["run"])).Select(static m => m.Value))
            .Where(static script => !File.Exists(Repository.At(script)))
            .ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Expressions_use_contexts_that_exist(string file) =>
        Expression()
            .Matches(File.ReadAllText(Repository.At(file)))
            .Select(static m => m.Groups["context"].Value)
            .ShouldBeSubsetOf(Contexts);

    [Fact]
    public void Scripts_of_the_repository_are_among_those_that_workflows_run() =>
        Yaml("workflows")
            .SelectMany(static file => Script().Matches(File.ReadAllText(Repository.At(file))).Select(static m => m.Value))
            .Distinct()
            .ShouldBe([".ci/run", "build/package", "build/publish"], ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_form_has_questions_with_labels_and_different_ids(string file)
    {
        var form = Load(file);
        foreach (var key in (string[])["name", "description", "body"])
            form.Children.ShouldContainKey(key, file);
        var questions = ((YamlSequenceNode)form.Children["body"])
            .Cast<YamlMappingNode>()
            .Where(static q => Text(q.Children["type"]) != "markdown")
            .ToList();

        questions.ShouldAllBe(static q => ((YamlMappingNode)q.Children["attributes"]).Children.ContainsKey("label"));
        questions.Select(static q => Text(q.Children["id"])).ShouldBeUnique();
    }

    private static IEnumerable<string> Yaml(string folder) =>
        Repository.Files(".yml").Where(f => f.StartsWith($".github/{folder}/", StringComparison.Ordinal));

    private static YamlMappingNode Load(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Repository.At(file))));
        return (YamlMappingNode)stream.Documents.ShouldHaveSingleItem().RootNode;
    }

    private static IEnumerable<(string Name, YamlMappingNode Job)> JobsOf(YamlMappingNode workflow) =>
        ((YamlMappingNode)workflow.Children["jobs"]).Children.Select(static j => (Text(j.Key), (YamlMappingNode)j.Value));

    private static IEnumerable<YamlMappingNode> StepsOf(YamlMappingNode job) =>
        job.Children.TryGetValue("steps", out var steps) ? ((YamlSequenceNode)steps).Cast<YamlMappingNode>() : [];

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    [GeneratedRegex(
        @"(?<=^|\s)(\.ci|build|\./check|\./run)(/[\w-]+)?(?=\s|$)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Script();

    [GeneratedRegex(@"\$\{\{\s*(?<context>\w+)\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Expression();
}
