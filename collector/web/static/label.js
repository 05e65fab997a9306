// A browser that reads QR codes by itself says what the label says, and the picture need not travel.

const form = document.getElementById("label");
if (form && "BarcodeDetector" in window) {
  form.elements.picture.addEventListener("change", async () => {
    const [picture] = form.elements.picture.files;
    form.elements.label.value = "";
    if (!picture) return;
    try {
      const found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(picture));
      const ours = [...new Set(found.map((code) => code.rawValue))].filter((text) => text.startsWith("gantry:"));
      if (ours.length === 1) form.elements.label.value = ours[0];
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no picture, or no reader after all: the server looks at it
    }
  });
}
