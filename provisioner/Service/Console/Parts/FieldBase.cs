using Microsoft.AspNetCore.Components;

namespace Cloudlet.Service.Console.Parts;

/// <summary>A field of a form, with its problems.</summary>
/// <typeparam name="T">Its value.</typeparam>
public abstract class FieldBase<T> : ComponentBase, IDisposable
{
    /// <summary>The form.</summary>
    [CascadingParameter]
    public FormState Form { get; set; } = null!;

    /// <summary>Its label.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>The property of the request, by which the service names its problems.</summary>
    [Parameter, EditorRequired]
    public string Path { get; set; } = "";

    /// <summary>What may be written there.</summary>
    [Parameter]
    public string? Hint { get; set; }

    /// <summary>Its value.</summary>
    [Parameter]
    public T? Value { get; set; }

    /// <summary>Takes a new value.</summary>
    [Parameter]
    public EventCallback<T> ValueChanged { get; set; }

    /// <summary>Id of the input.</summary>
    protected string Id { get; } = FieldIds.Next();

    /// <summary>What is wrong with it.</summary>
    protected IReadOnlyList<string> Problems => [.. Form.Of(Path)];

    /// <summary>Ids of the texts about it.</summary>
    protected string? DescribedBy =>
        string.Join(' ', new[] { Hint is null ? null : $"{Id}-hint", Problems.Count > 0 ? $"{Id}-problem" : null }.OfType<string>())
            is { Length: > 0 } ids
            ? ids
            : null;

    /// <inheritdoc/>
    protected override void OnInitialized() => Form.Changed += StateHasChanged;

    /// <inheritdoc/>
    public void Dispose()
    {
        Form.Changed -= StateHasChanged;
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => Form.Claim(Path);

    /// <summary>Takes a value of the user.</summary>
    protected async Task TakeAsync(T value)
    {
        Value = value;
        await ValueChanged.InvokeAsync(value);
        Form.Touch(Path);
    }
}

/// <summary>Ids of inputs, one row for all kinds of fields.</summary>
internal static class FieldIds
{
    private static int s_last;

    /// <summary>An id that no other field of this program has.</summary>
    public static string Next() => $"f{Interlocked.Increment(ref s_last)}";
}
