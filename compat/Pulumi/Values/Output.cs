using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Creates outputs, and combines several into one.</summary>
public static partial class Output
{
    /// <summary>An output of an available value.</summary>
    public static Output<T> Create<T>(T value) => new(Task.FromResult(Data(value)));

    /// <summary>An output of a task's value.</summary>
    public static Output<T> Create<T>(Task<T> value) => new(CreateAsync(value, isSecret: false));

    /// <summary>An output that is stored encrypted.</summary>
    public static Output<T> CreateSecret<T>(T value) => new(Task.FromResult(Data(value) with { IsSecret = true }));

    /// <summary>An output that is stored encrypted.</summary>
    public static Output<T> CreateSecret<T>(Task<T> value) => new(CreateAsync(value, isSecret: true));

    /// <summary>The same output, stored encrypted.</summary>
    public static Output<T> CreateSecret<T>(Output<T> output) => new(WithSecrecyAsync(output, isSecret: true));

    /// <summary>The same output, no longer secret.</summary>
    public static Output<T> Unsecret<T>(Output<T> output) => new(WithSecrecyAsync(output, isSecret: false));

    /// <summary>Whether an output is secret.</summary>
    public static async Task<bool> IsSecretAsync<T>(Output<T> output) => (await output.DataTask).IsSecret;

    /// <summary>An output of all the values.</summary>
    public static Output<ImmutableArray<T>> All<T>(params Input<T>[] inputs) => All((IEnumerable<Input<T>>)inputs);

    /// <summary>An output of all the values.</summary>
    public static Output<ImmutableArray<T>> All<T>(IEnumerable<Input<T>> inputs) =>
        new(AllAsync([.. inputs.Select(static i => i.ToOutput())]));

    /// <summary>An output of all the values.</summary>
    public static Output<ImmutableArray<T>> All<T>(params Output<T>[] outputs) => new(AllAsync([.. outputs]));

    /// <summary>An output of all the values.</summary>
    public static Output<ImmutableArray<T>> All<T>(IEnumerable<Output<T>> outputs) => new(AllAsync([.. outputs]));

    /// <summary>A text that contains outputs: <c>Output.Format($"http://{host.Address}/")</c>.</summary>
    public static Output<string> Format(FormattableString formattableString) => new(FormatAsync(formattableString));

    /// <summary>The value as JSON.</summary>
    public static Output<string> JsonSerialize<T>(Output<T> output, JsonSerializerOptions? options = null) =>
        output.Apply(value => JsonSerializer.Serialize(value, WithoutOutputs.Over(options)));

    /// <summary>A value read from JSON.</summary>
    public static Output<T> JsonDeserialize<T>(Output<string> output, JsonSerializerOptions? options = null) =>
        output.Apply(text => JsonSerializer.Deserialize<T>(text, options)!);

    internal static OutputData<T> Data<T>(T value) => new([], value, IsKnown: true, IsSecret: false);

    internal static Output<T> Unknown<T>() => new(Task.FromResult(new OutputData<T>([], default!, IsKnown: false, IsSecret: false)));

    private static async Task<OutputData<T>> CreateAsync<T>(Task<T> value, bool isSecret) => Data(await value) with { IsSecret = isSecret };

    private static async Task<OutputData<T>> WithSecrecyAsync<T>(Output<T> output, bool isSecret) =>
        await output.DataTask with
        {
            IsSecret = isSecret,
        };

    private static async Task<OutputData<ImmutableArray<T>>> AllAsync<T>(ImmutableArray<Output<T>> outputs)
    {
        var data = await Task.WhenAll(outputs.Select(static o => o.DataTask));
        return Join(data.Select(static d => d.Boxed()), data.Select(static d => d.Value).ToImmutableArray());
    }

    private static async Task<OutputData<string>> FormatAsync(FormattableString text)
    {
        var arguments = new List<OutputData<object?>>();
        foreach (var argument in text.GetArguments())
            arguments.Add(await DataOfAsync(argument));
        var joined = Join(arguments, "");
        return joined.IsKnown
            ? joined with
            {
                Value = string.Format(CultureInfo.InvariantCulture, text.Format, [.. arguments.Select(static a => a.Value)]),
            }
            : joined;
    }

    private static async Task<OutputData<object?>> DataOfAsync(object? value)
    {
        while (value is IInput input)
            value = input.Source;
        return value is IOutput output ? await output.GetDataAsync() : Data(value);
    }

    internal static OutputData<T> Join<T>(IEnumerable<OutputData<object?>> parts, T value)
    {
        var resources = ImmutableHashSet<Resource>.Empty;
        var (isKnown, isSecret) = (true, false);
        foreach (var part in parts)
        {
            resources = resources.Union(part.Resources);
            isKnown &= part.IsKnown;
            isSecret |= part.IsSecret;
        }

        return new OutputData<T>(resources, value, isKnown, isSecret);
    }
}
