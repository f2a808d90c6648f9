using System.Collections.Immutable;

namespace Pulumi;

/// <summary>The outputs of another stack.</summary>
public class StackReference : CustomResource
{
    /// <summary>Looks up a stack.</summary>
    /// <param name="name">Name of the stack, or of the reference when <paramref name="args"/> names the stack.</param>
    /// <param name="args">Names the stack.</param>
    /// <param name="options">How the engine treats the reference.</param>
    public StackReference(string name, StackReferenceArgs? args = null, CustomResourceOptions? options = null)
        : base(
            "pulumi:pulumi:StackReference",
            name,
            new StackReferenceArgs { Name = args?.Name ?? name },
            CustomResourceOptions.Merge(options, new CustomResourceOptions { Id = args?.Name ?? name })
        ) { }

    /// <summary>Name of the stack.</summary>
    [Output("name")]
    public Output<string> Name { get; private set; } = null!;

    /// <summary>Its outputs.</summary>
    [Output("outputs")]
    public Output<ImmutableDictionary<string, object>> Outputs { get; private set; } = null!;

    /// <summary>Names of its outputs that are secret.</summary>
    [Output("secretOutputNames")]
    public Output<ImmutableArray<string>> SecretOutputNames { get; private set; } = null!;

    /// <summary>An output of the stack; null when it has none of that name.</summary>
    public Output<object?> GetOutput(Input<string> name) =>
        WithOwnSecrecy(name, Output.Tuple(name.ToOutput(), Outputs).Apply(static v => v.Item2.GetValueOrDefault(v.Item1)));

    /// <summary>An output of the stack; the program fails when it has none of that name.</summary>
    public Output<object> RequireOutput(Input<string> name) =>
        WithOwnSecrecy(
            name,
            Output
                .Tuple(name.ToOutput(), Outputs, Name)
                .Apply(static v =>
                    v.Item2.TryGetValue(v.Item1, out var value)
                        ? value
                        : throw new KeyNotFoundException($"stack {v.Item3} has no output \"{v.Item1}\"")
                )
        );

    // One secret output makes all of them secret together; a single output is secret only if it is one of the secrets.
    private Output<T> WithOwnSecrecy<T>(Input<string> name, Output<T> output) => new(WithOwnSecrecyAsync(name, output));

    private async Task<OutputData<T>> WithOwnSecrecyAsync<T>(Input<string> name, Output<T> output)
    {
        var data = await output.DataTask;
        var names = await SecretOutputNames.DataTask;
        var asked = await name.ToOutput().DataTask;
        return names is { IsKnown: true, Value.IsDefault: false } && asked.IsKnown
            ? data with
            {
                IsSecret = names.Value.Contains(asked.Value),
            }
            : data;
    }
}

/// <summary>Names a stack.</summary>
public class StackReferenceArgs : ResourceArgs
{
    /// <summary>The stack, organization/project/stack.</summary>
    [Input("name", required: true)]
    public Input<string>? Name { get; set; }
}
