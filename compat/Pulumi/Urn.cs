namespace Pulumi;

/// <summary>The engine's names for resources.</summary>
public static class Urn
{
    /// <summary>The URN that a resource has or had.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="parent">Its parent.</param>
    /// <param name="parentUrn">URN of its parent.</param>
    /// <param name="project">Its project; null: this one.</param>
    /// <param name="stack">Its stack; null: this one.</param>
    public static Output<string> Create(
        Input<string> name,
        Input<string> type,
        Resource? parent = null,
        Input<string>? parentUrn = null,
        Input<string>? project = null,
        Input<string>? stack = null
    )
    {
        var deployment = Deployment.Required;
        var above = parent?.Urn ?? parentUrn.ToOutput();
        return Output
            .Tuple(
                above,
                name.ToOutput(),
                type.ToOutput(),
                (project ?? deployment.Project).ToOutput(),
                (stack ?? deployment.StackName).ToOutput()
            )
            .Apply(static v => $"urn:pulumi:{v.Item5}::{v.Item4}::{Prefix(v.Item1)}{v.Item3}::{v.Item2}");
    }

    // urn:pulumi:stack::project::typeOfGrandparent$typeOfParent::name; the stack itself is left out of the types of what is below it.
    private static string Prefix(string? parent)
    {
        if (string.IsNullOrEmpty(parent))
            return "";
        var types = parent.Split("::")[2];
        return types == Stack.RootType ? "" : types + "$";
    }
}
